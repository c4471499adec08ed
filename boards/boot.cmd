# Run by U-Boot from the card's FAT partition. The image builder puts `console` and `device_tree`
# before it as variables; folder a/ and partition 2 are slot A, b/ and 3 slot B.
test -n "${devtype}" || setenv devtype mmc
test -n "${devnum}" || setenv devnum 0
setenv slot a
setenv root_partition 2
setenv bootargs "console=${console} root=/dev/mmcblk0p${root_partition} sotto.slot=${slot} panic=10 quiet loglevel=4"
load ${devtype} ${devnum}:1 ${kernel_addr_r} ${slot}/zImage
# The Raspberry Pi's firmware has already filled in a device tree (memory, MAC address); elsewhere it is on the card.
if test -n "${fdt_addr}"; then
  setenv device_tree_addr ${fdt_addr}
else
  load ${devtype} ${devnum}:1 ${fdt_addr_r} ${slot}/${device_tree}
  setenv device_tree_addr ${fdt_addr_r}
fi
load ${devtype} ${devnum}:1 ${ramdisk_addr_r} ${slot}/initrd
bootz ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${device_tree_addr}
echo "sotto: the kernel of slot ${slot} did not start; trying again"
sleep 10
reset
