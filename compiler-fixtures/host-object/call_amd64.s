#include "textflag.h"

// func add(a, b int) int
TEXT ·add(SB), NOSPLIT, $32-24
	MOVQ a+0(FP), DI
	MOVQ b+8(FP), SI
	CALL c_add(SB)
	MOVQ AX, ret+16(FP)
	RET
