extern int goCallback(int);

int call_back(int x) { return goCallback(x); }

static __thread int counter = 5;

int count(void) { return ++counter; }
