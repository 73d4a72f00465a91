#include "textflag.h"

TEXT ·deep(SB), NOSPLIT, $400-0
	CALL ·deeper(SB)
	RET

TEXT ·deeper(SB), NOSPLIT, $600-0
	CALL ·deepest(SB)
	RET

TEXT ·deepest(SB), NOSPLIT, $200-0
	RET
