# Raspberry Pi 5: its boot firmware lies in the board's EEPROM. Never started on a board yet: CHECKLIST.md.
# The kernel comes from Raspberry Pi's own archive: Debian 13's cannot read this board's card.
compatible=hotspot-pi5
kernel_suite=trixie
kernel_archive="Raspberry Pi's"
kernel_package=linux-image-rpi-2712
firmware_package=raspi-firmware
device_tree=bcm2712-rpi-5-b.dtb
boot_chain=tryboot
rauc_bootloader=custom
kernel_words="console=tty1 watchdog_disarm=0 fsck.mode=skip"
data_cipher=aes-xts-plain64
data_key_bits=512
