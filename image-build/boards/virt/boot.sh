# What this board's boot loader reads; sourced by layers/disk, which packs $work/boot (once a system) and $work/firmware.
with_tools "$TOOLS" "$here=here" "$work=work" -- env SOURCE_DATE_EPOCH="$still" \
    mkimage -A arm64 -T script -C none -n hotspot -d "/mnt/here/boards/$board/boot.cmd" /mnt/work/firmware/boot.scr >/dev/null
cp "$kernel/Image" "$initrd" "$work/boot/"
printf 'words=%s\n' "$words" >"$work/boot/cmdline.txt"
