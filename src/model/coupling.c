/*
 * model/coupling.c - one probability for each class that agrees best with those of the pairs.
 */
#include "coupling.h"

#include <math.h>

static double pair_probability(double decision, double a, double b)
{
    double f = decision * a + b;
    double p = f >= 0 ? exp(-f) / (1 + exp(-f)) : 1 / (1 + exp(f));
    return fmin(fmax(p, 1e-7), 1 - 1e-7);
}

/* Method 2 of Wu, Lin and Weng, as libsvm iterates it. r, q: n * n numbers; qp: n. */
static void couple(size_t n, size_t rounds, const double *r, double *q, double *qp, double *p)
{
    double eps = 0.005 / (double)n;
    for (size_t t = 0; t < n; t++) {
        p[t] = 1 / (double)n;
        q[t * n + t] = 0;
        for (size_t j = 0; j < n; j++) {
            if (j == t) continue;
            q[t * n + t] += r[j * n + t] * r[j * n + t];
            q[t * n + j] = j < t ? q[j * n + t] : -r[j * n + t] * r[t * n + j];
        }
    }
    for (size_t round = 0; round < rounds; round++) {
        double pqp = 0, worst = 0;
        for (size_t t = 0; t < n; t++) {
            qp[t] = 0;
            for (size_t j = 0; j < n; j++) qp[t] += q[t * n + j] * p[j];
            pqp += p[t] * qp[t];
        }
        for (size_t t = 0; t < n; t++) worst = fmax(worst, fabs(qp[t] - pqp));
        if (worst < eps) return;
        for (size_t t = 0; t < n; t++) {
            double diff = (-qp[t] + pqp) / q[t * n + t];
            p[t] += diff;
            pqp = (pqp + diff * (diff * q[t * n + t] + 2 * qp[t])) / (1 + diff) / (1 + diff);
            for (size_t j = 0; j < n; j++) {
                qp[j] = (qp[j] + diff * q[t * n + j]) / (1 + diff);
                p[j] /= 1 + diff;
            }
        }
    }
}

void coupled_probabilities(size_t n, size_t rounds, const double *pairs, const double *a, const double *b,
                           double *work, double *out)
{
    double *r = work, *q = work + n * n;
    for (size_t i = 0, p = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++, p++) {
            r[i * n + j] = pair_probability(pairs[p], a[p], b[p]);
            r[j * n + i] = 1 - r[i * n + j];
        }
    couple(n, rounds, r, q, q + n * n, out);
}
