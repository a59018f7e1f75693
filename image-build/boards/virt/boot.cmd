# U-Boot's part of an update that cannot brick: three tries for each system, the used one first, counted before it starts.
# RAUC reads and writes the same three words (fw_env.config: first 16 KiB of the partition bootstate).
part number virtio 0 bootstate state_number
part start virtio 0 ${state_number} state
virtio read ${ramdisk_addr_r} ${state} 0x20
env import -c ${ramdisk_addr_r} 0x4000 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3
setenv chosen
for system in ${BOOT_ORDER}; do
  if test -n "${chosen}"; then true;
  elif test "x${system}" = "xA" -a ${BOOT_A_LEFT} -gt 0; then
    setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1; setenv chosen A; part number virtio 0 boot_a boot_number;
  elif test "x${system}" = "xB" -a ${BOOT_B_LEFT} -gt 0; then
    setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1; setenv chosen B; part number virtio 0 boot_b boot_number;
  fi
done
# Nobody has a try left: begin anew rather than stand still.
if test -z "${chosen}"; then setenv BOOT_A_LEFT 3; setenv BOOT_B_LEFT 3; fi
env export -c -s 0x4000 ${ramdisk_addr_r} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
virtio write ${ramdisk_addr_r} ${state} 0x20
test -n "${chosen}" || reset
echo "hotspot: system ${chosen}, tries left A=${BOOT_A_LEFT} B=${BOOT_B_LEFT}"
if load virtio 0:${boot_number} ${scriptaddr} cmdline.txt; then
  setenv words_size ${filesize}
  env import -t ${scriptaddr} ${words_size} words
  setenv bootargs "${words} hotspot.slot=${chosen} rauc.slot=${chosen}"
  load virtio 0:${boot_number} ${kernel_addr_r} Image
  load virtio 0:${boot_number} ${ramdisk_addr_r} initrd.img
  booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}
fi
reset
