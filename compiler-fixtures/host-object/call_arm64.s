#include "textflag.h"

// func add(a, b int) int
TEXT ·add(SB), NOSPLIT, $32-24
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	CALL c_add(SB)
	MOVD R0, ret+16(FP)
	RET
