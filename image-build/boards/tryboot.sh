# What a Raspberry Pi's firmware reads; sourced by boards/pi*/boot.sh. The kernel layer of a Pi has firmware/ beside
# Image: device trees, overlays, and on a Pi 4 the start files. Each system has its own of everything but autoboot.txt.
cp "$repo/firmware/boot/autoboot.txt" "$work/firmware/"
cp "$repo/firmware/boot/config.txt" "$kernel/Image" "$initrd" "$work/boot/"
printf '\n# Written by image-build.\n[all]\nkernel=Image\ninitramfs initrd.img followkernel\nauto_initramfs=0\n' >>"$work/boot/config.txt"
# The partition's own number says which system this is; the initrd finds it by the words alone.
printf '%s\n' "$words" >"$work/boot/cmdline.txt"
[ "$(wc -l <"$work/boot/cmdline.txt")" = 1 ] || fail "cmdline.txt must be one line"
cp -R "$kernel/firmware/." "$work/boot/"
[ -f "$work/boot/$device_tree" ] || fail "the kernel brings no $device_tree"
for overlay in $(sed -n 's/^dtoverlay=\([^,]*\).*/\1/p' "$work/boot/config.txt" | sort -u); do
    [ -f "$work/boot/overlays/$overlay.dtbo" ] || fail "config.txt names the overlay $overlay, which $kernel_package does not bring"
done
