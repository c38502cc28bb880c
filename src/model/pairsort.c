/*
 * model/pairsort.c - median of three, three-way partition, heapsort when too deep.
 *
 * The heapsort path is reached on small real data too. Depth is 2 * floor(log2(n)).
 */
#include "pairsort.h"

enum { INSERTION_COUNT = 15 };

static inline void swap_pair(float *v, uint32_t *r, size_t i, size_t j)
{
    float value = v[i];
    v[i] = v[j];
    v[j] = value;
    uint32_t row = r[i];
    r[i] = r[j];
    r[j] = row;
}

static inline float median3(float a, float b, float c)
{
    if (a < b) {
        if (b < c) return b;
        return a < c ? c : a;
    }
    if (b < c) return a < c ? a : c;
    return b;
}

static void sift_down(float *v, uint32_t *r, size_t root, size_t end)
{
    for (;;) {
        size_t child = 2 * root + 1;
        size_t largest = root;
        if (child < end && v[largest] < v[child]) largest = child;
        if (child + 1 < end && v[largest] < v[child + 1]) largest = child + 1;
        if (largest == root) return;
        swap_pair(v, r, root, largest);
        root = largest;
    }
}

static void heapsort_pairs(float *v, uint32_t *r, size_t n)
{
    for (size_t start = (n - 2) / 2 + 1; start-- > 0;) sift_down(v, r, start, n);
    for (size_t end = n - 1; end > 0; end--) {
        swap_pair(v, r, 0, end);
        sift_down(v, r, 0, end);
    }
}

static void insertion_sort(float *v, uint32_t *r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        float value = v[i];
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
static void introsort(float *v, uint32_t *r, size_t n, int depth_left, bool insertion)
{
    while (n > (insertion ? INSERTION_COUNT : 1)) {
        if (depth_left <= 0) {
            heapsort_pairs(v, r, n);
            return;
        }
        depth_left--;
        float pivot = median3(v[0], v[n / 2], v[n - 1]);
        size_t i = 0, low = 0, high = n;
        while (i < high) {
            if (v[i] < pivot)
                swap_pair(v, r, i++, low++);
            else if (v[i] > pivot)
                swap_pair(v, r, i, --high);
            else
                i++;
        }
        introsort(v, r, low, depth_left, insertion);
        v += high;
        r += high;
        n -= high;
    }
    if (insertion) insertion_sort(v, r, n);
}

void pairsort(float *values, uint32_t *rows, size_t count, bool insertion)
{
    if (count < 2) return;
    int log2 = 63 - __builtin_clzll((unsigned long long)count);
    introsort(values, rows, count, 2 * log2, insertion);
}
