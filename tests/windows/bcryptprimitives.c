/* The one function of bcryptprimitives.dll that Go programs call. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID data, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
	return SystemFunction036(data, (ULONG)size);
}

BOOL WINAPI start(HINSTANCE library, DWORD reason, LPVOID reserved) {
	return TRUE;
}
