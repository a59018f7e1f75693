# Raspberry Pi 4: no instructions for AES, no clock of its own. Never started on a board yet: CHECKLIST.md.
# Kernel and firmware come from Raspberry Pi's own archive: Debian's kernels have no driver for this board's CSI camera
# and Debian's firmware package almost no overlays.
compatible=hotspot-pi4
kernel_suite=trixie
kernel_archive="Raspberry Pi's"
kernel_package=linux-image-rpi-v8
firmware_package=raspi-firmware
device_tree=bcm2711-rpi-4-b.dtb
boot_chain=tryboot
rauc_bootloader=custom
kernel_words="console=tty1 watchdog_disarm=0 fsck.mode=skip"
data_cipher=xchacha20,aes-adiantum-plain64
data_key_bits=256
