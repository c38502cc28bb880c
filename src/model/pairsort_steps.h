/*
 * model/pairsort_steps.h - the steps of pairsort.c for one type: VALUE names it, STEP(name) the functions. Included once per type, hence without guard.
 */

static inline void STEP(swap)(VALUE *v, uint32_t *r, size_t i, size_t j)
{
    VALUE value = v[i];
    v[i] = v[j];
    v[j] = value;
    uint32_t row = r[i];
    r[i] = r[j];
    r[j] = row;
}

static inline VALUE STEP(median)(VALUE a, VALUE b, VALUE c)
{
    if (a < b) {
        if (b < c) return b;
        return a < c ? c : a;
    }
    if (b < c) return a < c ? a : c;
    return b;
}

static void STEP(sift_down)(VALUE *v, uint32_t *r, size_t root, size_t end)
{
    for (;;) {
        size_t child = 2 * root + 1;
        size_t largest = root;
        if (child < end && v[largest] < v[child]) largest = child;
        if (child + 1 < end && v[largest] < v[child + 1]) largest = child + 1;
        if (largest == root) return;
        STEP(swap)(v, r, root, largest);
        root = largest;
    }
}

static void STEP(heap)(VALUE *v, uint32_t *r, size_t n)
{
    for (size_t start = (n - 2) / 2 + 1; start-- > 0;) STEP(sift_down)(v, r, start, n);
    for (size_t end = n - 1; end > 0; end--) {
        STEP(swap)(v, r, 0, end);
        STEP(sift_down)(v, r, 0, end);
    }
}

static void STEP(insertion)(VALUE *v, uint32_t *r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        VALUE value = v[i];
        uint32_t row = r[i];
        size_t j = i;
        for (; j > 0 && v[j - 1] > value; j--) {
            v[j] = v[j - 1];
            r[j] = r[j - 1];
        }
        v[j] = value;
        r[j] = row;
    }
}

/* Recursion is bounded by depth_left: it falls with every level. */
static void STEP(intro)(VALUE *v, uint32_t *r, size_t n, int depth_left, bool insertion)
{
    while (n > (insertion ? INSERTION_COUNT : 1)) {
        if (depth_left <= 0) {
            STEP(heap)(v, r, n);
            return;
        }
        depth_left--;
        VALUE pivot = STEP(median)(v[0], v[n / 2], v[n - 1]);
        size_t i = 0, low = 0, high = n;
        while (i < high) {
            if (v[i] < pivot)
                STEP(swap)(v, r, i++, low++);
            else if (v[i] > pivot)
                STEP(swap)(v, r, i, --high);
            else
                i++;
        }
        STEP(intro)(v, r, low, depth_left, insertion);
        v += high;
        r += high;
        n -= high;
    }
    if (insertion) STEP(insertion)(v, r, n);
}

static void STEP(few)(VALUE *v, uint32_t *r, size_t n)
{
    if (n >= 2 && v[0] > v[1]) STEP(swap)(v, r, 0, 1);
    if (n < 3 || !(v[1] > v[2])) return;
    STEP(swap)(v, r, 1, 2);
    if (v[0] > v[1]) STEP(swap)(v, r, 0, 1);
}

/* The smallest of three goes to the front, the pivot to the end; what is less than it is gathered before it. */
static size_t STEP(quick_part)(VALUE *v, uint32_t *r, size_t n)
{
    size_t middle = n / 2, last = n - 1;
    if (v[0] > v[last]) STEP(swap)(v, r, 0, last);
    if (v[last] > v[middle]) {
        STEP(swap)(v, r, last, middle);
        if (v[0] > v[last]) STEP(swap)(v, r, 0, last);
    }
    VALUE pivot = v[last];
    size_t store = 0;
    for (size_t i = 0; i < last; i++)
        if (v[i] < pivot) STEP(swap)(v, r, i, store++);
    STEP(swap)(v, r, store, last);
    return store;
}

/* The two sides of a pivot do not meet again, so the larger one can be done by the loop: that bounds the recursion. */
static void STEP(quick)(VALUE *v, uint32_t *r, size_t n)
{
    while (n > 3) {
        size_t pivot = STEP(quick_part)(v, r, n);
        size_t right = n - pivot - 1;
        if (pivot < right) {
            STEP(quick)(v, r, pivot);
            v += pivot + 1;
            r += pivot + 1;
            n = right;
        } else {
            STEP(quick)(v + pivot + 1, r + pivot + 1, right);
            n = pivot;
        }
    }
    STEP(few)(v, r, n);
}
