#include <stdlib.h>

typedef struct {
	double x, y;
	char s[16];
} point;

int add(int a, int b);
const char *name(int i);
int call(int x);
double norm(const point *p);
long divide(long a, long b);
int weak(void);
void sort(int *v, int n);
