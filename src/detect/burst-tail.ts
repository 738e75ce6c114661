// How likely a count is by chance, and how much that is worth.

/** Lanczos' approximation with Godfrey's coefficients (g = 7, n = 9): the natural logarithm of gamma(x), x > 0. */
export function logGamma(x: number): number {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  let sum = 0.9999999999998099;
  for (const [i, c] of coefficients.entries()) sum += c / (y + i + 1);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The continued fraction of the incomplete beta function, by Lentz' method (Abramowitz and Stegun 26.5.8). */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / Math.max(tiny, 1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / keepOff(1 + even * d);
    c = keepOff(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / keepOff(1 + odd * d);
    c = keepOff(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-12) break;
  }
  return h;
}

const keepOff = (x: number): number => (Math.abs(x) < 1e-300 ? 1e-300 : x);

/** ln I_x(a, b), the regularised incomplete beta function. The logarithm keeps tails far below 1e-308. */
function logIncompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  if (x >= 1) return 0;
  const front = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  if (x < (a + 1) / (a + b + 2)) return front + Math.log(betaFraction(a, b, x)) - Math.log(a);
  const other = Math.exp(front + Math.log(betaFraction(b, a, 1 - x)) - Math.log(b));
  return Math.log1p(-Math.min(other, 1 - 1e-16));
}

/**
 * ln P(X >= count) when X is negative binomial with this mean and size: variance = mean + mean^2 / size.
 * A Poisson count whose own rate is gamma distributed around `mean`; a large size is a plain Poisson. 0 when count <= 0.
 * `count` need not be whole: estimated counts are weighted.
 */
export function logTail(count: number, mean: number, size: number): number {
  if (count <= 0) return 0;
  if (mean <= 0) return Number.NEGATIVE_INFINITY;
  return Math.min(0, logIncompleteBeta(count, size, mean / (mean + size)));
}

/**
 * The chance that a burst is real, from the p-value (as its natural logarithm) and the prior odds. -e p ln p is the
 * smallest Bayes factor in favour of chance that a p-value can stand for (Sellke, Bayarri and Berger, 2001), so this is
 * an upper bound on the confidence, which is why the prior is set low.
 */
export function confidenceOf(logP: number, priorOdds: number): number {
  if (logP >= -1) return priorOdds / (1 + priorOdds);
  const againstBurst = Math.exp(1 + logP) * -logP;
  return priorOdds / (priorOdds + againstBurst);
}
