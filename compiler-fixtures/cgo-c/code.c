#include "code.h"
extern int goCallback(int);

static int counter = 7;
int zeroed[100];
int common;
__attribute__((weak)) int weak_value = 5;
static const char *const names[] = {"one", "two", "three"};

int add(int a, int b) { return a + b + counter++; }
const char *name(int i) { return names[i]; }
int call(int x) { return goCallback(x) * 2; }
double norm(const point *p) { return p->x * p->x + p->y * p->y; }
/* The compiler's support library divides. */
long divide(long a, long b) { return (long)(((__int128)a << 40) / b >> 20); }
int weak(void) { return weak_value + zeroed[3] + common; }

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
void sort(int *v, int n) { qsort(v, n, sizeof *v, compare); }
