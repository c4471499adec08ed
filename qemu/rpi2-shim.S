// Stands before U-Boot in QEMU's raspi2b. That machine loads a raw kernel at 0x10000 with the device tree's address in
// r2, and Debian's U-Boot for the board is linked for 0x8000, where the Raspberry Pi's firmware puts it. Run by core 0:
// it parks the other cores, moves U-Boot to its place and starts it with r2 kept. PAYLOAD_SIZE comes from the command
// line, a multiple of 4; U-Boot follows the shim.
    .syntax unified
    .arm
    .equ LOCAL, 0x40000000      // the BCM2836's per-core registers (QA7, §4)
    .equ PARK, 0x800            // QEMU's device tree reserves page 0 for its own loops
    .equ MOVER, 0x04000000      // far behind both places of U-Boot
    .equ UBOOT, 0x8000
    .globl _start
_start:
    // Cores 1 to 3 spin on their mailbox 3 in a loop that never sleeps and takes the emulator's time. Send them to ours,
    // which waits for the interrupt.
    adr r4, park
    adr r5, park_end
    mov r6, #PARK
copy_park:
    ldr r7, [r4], #4
    str r7, [r6], #4
    cmp r4, r5
    blo copy_park
    dsb
    mov r6, #LOCAL
    mov r7, #PARK
    str r7, [r6, #0x9c]         // mailbox 3 of core 1, 2, 3: write to set
    str r7, [r6, #0xac]
    str r7, [r6, #0xbc]
    // The mover overwrites this place, so it runs elsewhere.
    adr r4, mover
    adr r5, payload
    mov r6, #MOVER
copy_mover:
    ldr r7, [r4], #4
    str r7, [r6], #4
    cmp r4, r5
    blo copy_mover
    adr r4, payload
    ldr r5, size
    mov r6, #UBOOT
    mov r8, #MOVER
    bx r8

park:
    mrc p15, 0, r0, c0, c0, 5   // MPIDR: which core this is
    and r0, r0, #3
    mov r5, #LOCAL
    add r6, r5, #0x50           // mailbox interrupt control of core 0
    add r6, r6, r0, lsl #2
    add r5, r5, #0xcc           // mailbox 3 of core 0: read, write to clear
    add r5, r5, r0, lsl #4
    mov r3, #8
    str r3, [r6]
asleep:
    wfi
    ldr r3, [r5]
    cmp r3, #0
    beq asleep
    str r3, [r5]
    mov r4, #0
    str r4, [r6]
    bx r3                       // Linux wrote where its core begins
park_end:

mover:
    ldr r7, [r4], #4
    str r7, [r6], #4
    subs r5, r5, #4
    bgt mover
    mov r8, #UBOOT
    bx r8
size:
    .word PAYLOAD_SIZE
payload:
