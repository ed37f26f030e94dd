/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * multifd_guest - a guest that fits into its own BIOS
 *
 * Its memory is what QEMU put there. A hundred times a second it writes one word
 * into each of the next pages of a range, and otherwise sleeps, so that it dirties
 * memory at one rate on any machine. Its stack never changes: QEMU's TCG does not
 * notice that a page is written to again while the processor still has its address.
 * The three numbers at its start are written by who starts it. Linked to run at
 * 0xffff0000, where a BIOS of 64 KiB is.
 */
	.code32
	.globl	_start
_start:
first:	.long	0		/* first page's address */
end:	.long	0		/* the end of the last page */
rate:	.long	0		/* pages in 10 ms, may be 0 */

	.set	STACK, 0x8000
	.set	TIMER, 11932	/* of 1193182 ticks in a second */
	.set	IRQ0, 0x20

start32:
	movw	$0x10, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$STACK, %esp
	lidt	idtr
	movl	$0x1ff, 0xfee000f0	/* the local one is on, and lets them through */
	movl	$0x700, 0xfee00350
	movb	$0x11, %al	/* both controllers at the timer: begin, edges */
	outb	%al, $0x20
	outb	%al, $0xa0
	movb	$IRQ0, %al	/* their vectors */
	outb	%al, $0x21
	movb	$IRQ0 + 8, %al
	outb	%al, $0xa1
	movb	$4, %al		/* the second is at line 2 of the first */
	outb	%al, $0x21
	movb	$2, %al
	outb	%al, $0xa1
	movb	$1, %al
	outb	%al, $0x21
	outb	%al, $0xa1
	movb	$0xfe, %al	/* the timer only */
	outb	%al, $0x21
	movb	$0xff, %al
	outb	%al, $0xa1
	movb	$0x34, %al	/* the timer again and again */
	outb	%al, $0x43
	movb	$TIMER & 0xff, %al
	outb	%al, $0x40
	movb	$TIMER >> 8, %al
	outb	%al, $0x40
	movl	first, %edi
	xorl	%ebx, %ebx
again:
	cmpl	%eax, %eax	/* what the tick leaves on the stack is the same */
	sti			/* each time: the same flags, here and nowhere else */
	hlt
	cli
	incl	%ebx
	movl	rate, %ecx
	jecxz	again
page:
	movl	%ebx, (%edi)
	addl	$4096, %edi
	cmpl	end, %edi
	jb	1f
	movl	first, %edi
1:	loop	page
	jmp	again

tick:
	pushl	%eax
	movb	$0x20, %al
	outb	%al, $0x20
	popl	%eax
	iret

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
gdtr:	.word	gdtr - gdt - 1
	.long	gdt
idtr:	.word	(IRQ0 + 1) * 8 - 1
	.long	idt

	.balign	8
idt:	.fill	IRQ0, 8, 0
	.word	tick - _start	/* the upper half is that of the BIOS */
	.word	0x08
	.word	0x8e00
	.word	0xffff

	.code16
start16:
	cli
	lgdtl	%cs:gdtr - _start
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$0x08, $start32

	.org	0xfff0
	jmp	start16
	.org	0x10000
