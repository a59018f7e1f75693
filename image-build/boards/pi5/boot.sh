# What this board's firmware reads; sourced by layers/disk, which packs $work/boot and $work/firmware.
. "$here/boards/tryboot.sh"
