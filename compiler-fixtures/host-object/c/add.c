/* What is linked in: code of all visibilities, data of all kinds, and a call of the compiler's
 * support library. Nothing of the C library, so that the program stays static. */
static long table[4] = {1, 2, 3, 4};
long counter;
long common[10];
const char text[] = "hello";
__attribute__((visibility("hidden"))) long inner(long a) { return a * 3; }
__attribute__((weak)) long weak(void) { return 1; }
long divide(long a, long b) { return (long)((__int128)a / b) + table[a & 3] + counter; }
long c_add(long a, long b) { return a + b; }
