#include "textflag.h"
#include "funcdata.h"

DATA table<>+0(SB)/8, $1
DATA table<>+8(SB)/8, $10
DATA table<>+16(SB)/8, $100
GLOBL table<>(SB), RODATA|NOPTR, $24

DATA ·Exported+0(SB)/8, $7
GLOBL ·Exported(SB), NOPTR, $8

DATA ·pointer+0(SB)/8, $·Exported(SB)
GLOBL ·pointer(SB), NOPTR, $8

DATA msg<>+0(SB)/8, $"assembly"
GLOBL msg<>(SB), RODATA|DUPOK, $8

// func weigh(list []int64) int64
TEXT ·weigh(SB), NOSPLIT, $0-32
	MOVQ list_base+0(FP), SI
	MOVQ list_len+8(FP), CX
	XORQ AX, AX
	XORQ DX, DX
	LEAQ table<>(SB), DI
loop:
	CMPQ DX, CX
	JGE  done
	MOVQ (SI)(DX*8), BX
	IMULQ (DI)(DX*8), BX
	ADDQ BX, AX
	INCQ DX
	JMP  loop
done:
	MOVQ AX, ret+24(FP)
	RET

// func call(f func(int64) int64, n int64) int64
TEXT ·call(SB), $16-24
	NO_LOCAL_POINTERS
	MOVQ n+8(FP), AX
	MOVQ AX, 0(SP)
	CALL ·back(SB)
	MOVQ 8(SP), AX
	MOVQ AX, ret+16(FP)
	RET

// func tail() int64
TEXT ·tail(SB), NOSPLIT, $0-8
	JMP ·seven(SB)

TEXT ·seven(SB), NOSPLIT, $0-8
	MOVQ ·Exported(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// func text() *[8]byte
TEXT ·text(SB), NOSPLIT, $0-8
	LEAQ msg<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET

TEXT helper<>(SB), NOSPLIT, $0-8
	MOVQ $99, AX
	MOVQ AX, ret+0(FP)
	RET

// func viaStatic() int64
TEXT ·viaStatic(SB), $8-8
	CALL helper<>(SB)
	MOVQ 0(SP), AX
	MOVQ AX, ret+0(FP)
	RET
