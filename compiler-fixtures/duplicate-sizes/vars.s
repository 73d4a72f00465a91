#include "textflag.h"

DATA ·merged+0(SB)/8, $·pointed(SB)
GLOBL ·merged(SB), NOPTR, $8

GLOBL ·initialised(SB), NOPTR, $64

GLOBL ·grown(SB), NOPTR, $64
