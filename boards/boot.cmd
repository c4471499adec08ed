# Run by U-Boot from the card's FAT partition, and never changed by an update: it chooses a slot, looks whether kernel,
# device tree and first stage are whole, and starts them. The image builder puts what differs between boards before it:
# `console`, and where it is known `watchdog`, a command that has the board reset when nothing feeds it. What lies where
# on the card is in Sources/Slots; numbers are hexadecimal.
test -n "${devtype}" || setenv devtype mmc
test -n "${devnum}" || setenv devnum 0
mmc dev ${devnum}
setexpr scratch ${scriptaddr} + 10000

# The newer of the state's two copies that are whole.
setenv newest none
for copy in 800 1800; do
  if mmc read ${scratch} ${copy} 1 && env import -c ${scratch} 200 serial good trial tries; then
    if test ${newest} = none || itest ${serial} -gt ${highest}; then
      setenv newest ${copy}
      setenv highest ${serial}
    fi
  fi
done
if test ${newest} = none; then
  echo "sotto: the state of the slots is lost; beginning with slot a"
  setenv good a
  setenv trial -
else
  mmc read ${scratch} ${newest} 1
  env import -c ${scratch} 200 serial good trial tries
fi

# A new system is tried so often. A try that can't be counted is none: it might be repeated for ever.
setenv slot ${good}
setenv trying no
if test ${trial} != -; then
  if itest ${tries} -gt 0; then
    setexpr tries ${tries} - 1
    setexpr serial ${serial} + 1
    setenv place 800
    test ${newest} = 800 && setenv place 1800
    env export -c -s 200 ${scratch} serial good trial tries
    if mmc write ${scratch} ${place} 1; then
      setenv slot ${trial}
      setenv trying yes
    fi
  fi
fi
setenv other b
test ${slot} = b && setenv other a

# The Raspberry Pi's firmware has already filled in a device tree (memory, MAC address); elsewhere it is the slot's.
setenv tree ${fdt_addr}
test -n "${tree}" || setenv tree ${fdt_addr_r}
# Whichever way this U-Boot leaves the four octets of a sum.
setenv compare 'itest.l *${scratch} -eq ${sum} || itest.l *${scratch} -eq ${mus}'
setenv fetch 'setexpr block ${start} + ${at}; mmc read ${to} ${block} ${blocks} && crc32 ${to} ${size} ${scratch} && run compare'
setenv fetch_list 'mmc read ${scratch} ${start} 1 && env import -c ${scratch} 200 arguments kernel_at kernel_blocks kernel_size kernel_sum kernel_mus tree_at tree_blocks tree_size tree_sum tree_mus initrd_at initrd_blocks initrd_size initrd_sum initrd_mus'
setenv fetch_kernel 'setenv at ${kernel_at}; setenv blocks ${kernel_blocks}; setenv size ${kernel_size}; setenv sum ${kernel_sum}; setenv mus ${kernel_mus}; setenv to ${kernel_addr_r}; run fetch'
setenv fetch_tree 'setenv at ${tree_at}; setenv blocks ${tree_blocks}; setenv size ${tree_size}; setenv sum ${tree_sum}; setenv mus ${tree_mus}; setenv to ${fdt_addr_r}; run fetch'
setenv fetch_initrd 'setenv at ${initrd_at}; setenv blocks ${initrd_blocks}; setenv size ${initrd_size}; setenv sum ${initrd_sum}; setenv mus ${initrd_mus}; setenv to ${ramdisk_addr_r}; run fetch'
# Not `for slot`: what the environment has by a name hides what a loop has by it.
for each in ${slot} ${other}; do
  setenv slot ${each}
  setenv partition 2
  test ${slot} = b && setenv partition 3
  part start ${devtype} ${devnum} ${partition} first
  setexpr start ${first} + 18000
  if run fetch_list && run fetch_kernel && run fetch_tree && run fetch_initrd; then
    echo "sotto: starting slot ${slot}"
    setenv bootargs "console=${console} root=/dev/mmcblk0p${partition} sotto.slot=${slot} sotto.trying=${trying} ${arguments}"
    # On trial alone a soft lockup counts as a panic: a busy emulator, where one processor waits 20 s and more for another,
    # has them too, and goes on by itself.
    test ${trying} = yes && setenv bootargs "${bootargs} softlockup_panic=1"
    test ${trying} = yes && test -n "${watchdog}" && run watchdog
    bootz ${kernel_addr_r} ${ramdisk_addr_r}:${initrd_size} ${tree}
  fi
  echo "sotto: slot ${slot} holds nothing that starts"
  setenv trying no
done
echo "sotto: no slot starts; trying again"
sleep 10
reset
