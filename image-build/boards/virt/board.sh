# The board that CI boots: QEMU's arm64 "virt" machine with U-Boot.
compatible=hotspot-virt
kernel_suite=trixie
kernel_package=linux-image-arm64
boot_chain=uboot
rauc_bootloader=uboot
kernel_words="console=ttyAMA0 loglevel=4"
# Its processor has instructions for AES.
data_cipher=aes-xts-plain64
data_key_bits=512
