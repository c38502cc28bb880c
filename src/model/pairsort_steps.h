/*
 * model/pairsort_steps.h - the steps of pairsort.c for one type: ITEM names it, STEP(name) the functions, BELOW(a, b) compares. Included once per type, hence
 * without guard.
 */

static inline void STEP(swap)(ITEM *v, size_t i, size_t j)
{
    ITEM item = v[i];
    v[i] = v[j];
    v[j] = item;
}

static inline ITEM STEP(median)(ITEM a, ITEM b, ITEM c)
{
    if (BELOW(a, b)) {
        if (BELOW(b, c)) return b;
        return BELOW(a, c) ? c : a;
    }
    if (BELOW(b, c)) return BELOW(a, c) ? a : c;
    return b;
}

static void STEP(sift_down)(ITEM *v, size_t root, size_t end)
{
    for (;;) {
        size_t child = 2 * root + 1;
        size_t largest = root;
        if (child < end && BELOW(v[largest], v[child])) largest = child;
        if (child + 1 < end && BELOW(v[largest], v[child + 1])) largest = child + 1;
        if (largest == root) return;
        STEP(swap)(v, root, largest);
        root = largest;
    }
}

static void STEP(heap)(ITEM *v, size_t n)
{
    for (size_t start = (n - 2) / 2 + 1; start-- > 0;) STEP(sift_down)(v, start, n);
    for (size_t end = n - 1; end > 0; end--) {
        STEP(swap)(v, 0, end);
        STEP(sift_down)(v, 0, end);
    }
}

static void STEP(insertion)(ITEM *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        ITEM item = v[i];
        size_t j = i;
        for (; j > 0 && BELOW(item, v[j - 1]); j--) v[j] = v[j - 1];
        v[j] = item;
    }
}

/* What is less than the pivot comes before *low, what is more from *high on. */
static void STEP(three_ways)(ITEM *v, size_t n, size_t *low, size_t *high)
{
    ITEM pivot = STEP(median)(v[0], v[n / 2], v[n - 1]);
    size_t i = 0, l = 0, r = n;
    while (i < r) {
        if (BELOW(v[i], pivot))
            STEP(swap)(v, i++, l++);
        else if (BELOW(pivot, v[i]))
            STEP(swap)(v, i, --r);
        else
            i++;
    }
    *low = l;
    *high = r;
}

/* A part without equals has one order only, whatever the steps: it is copied from what is sorted already. */
static bool STEP(copied)(ITEM *v, size_t n, const sorted_part *k)
{
    if (!k->sorted || k->tie_count) return false;
    memcpy(v, (const ITEM *)k->sorted + k->base, n * sizeof *v);
    return true;
}

/* Recursion is bounded by depth_left: it falls with every level. */
static void STEP(intro)(ITEM *v, size_t n, sorted_part k, int depth_left, bool insertion)
{
    while (n > (insertion ? INSERTION_COUNT : 1)) {
        if (STEP(copied)(v, n, &k)) return;
        if (depth_left <= 0) {
            STEP(heap)(v, n);
            return;
        }
        depth_left--;
        size_t low, high;
        STEP(three_ways)(v, n, &low, &high);
        STEP(intro)(v, low, part_before(&k, low), depth_left, insertion);
        k = part_from(&k, high);
        v += high;
        n -= high;
    }
    if (insertion) STEP(insertion)(v, n);
}

static void STEP(few)(ITEM *v, size_t n)
{
    if (n >= 2 && BELOW(v[1], v[0])) STEP(swap)(v, 0, 1);
    if (n < 3 || !BELOW(v[2], v[1])) return;
    STEP(swap)(v, 1, 2);
    if (BELOW(v[1], v[0])) STEP(swap)(v, 0, 1);
}

/* The smallest of three goes to the front, the pivot to the end; what is less than it is gathered before it. */
static size_t STEP(quick_part)(ITEM *v, size_t n)
{
    size_t middle = n / 2, last = n - 1;
    if (BELOW(v[last], v[0])) STEP(swap)(v, 0, last);
    if (BELOW(v[middle], v[last])) {
        STEP(swap)(v, last, middle);
        if (BELOW(v[last], v[0])) STEP(swap)(v, 0, last);
    }
    ITEM pivot = v[last];
    size_t store = 0;
    for (size_t i = 0; i < last; i++)
        if (BELOW(v[i], pivot)) STEP(swap)(v, i, store++);
    STEP(swap)(v, store, last);
    return store;
}

/* The two sides of a pivot do not meet again, so the larger one can be done by the loop: that bounds the recursion. */
static void STEP(quick)(ITEM *v, size_t n, sorted_part k)
{
    while (n > 3) {
        if (STEP(copied)(v, n, &k)) return;
        size_t pivot = STEP(quick_part)(v, n);
        size_t right = n - pivot - 1;
        sorted_part before = part_before(&k, pivot), after = part_from(&k, pivot + 1);
        if (pivot < right) {
            STEP(quick)(v, pivot, before);
            v += pivot + 1;
            n = right;
            k = after;
        } else {
            STEP(quick)(v + pivot + 1, right, after);
            n = pivot;
            k = before;
        }
    }
    STEP(few)(v, n);
}
