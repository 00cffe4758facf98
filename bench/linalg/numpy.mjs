/** Times of NumPy (LAPACK), one thread, for the benchmarks here; where python3 or NumPy is missing there are none. */
import { spawnSync } from 'node:child_process';

const program = `
import json, sys, time
import numpy as np
def median(work, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[runs // 2]
random = np.random.default_rng(1)
result = []
for name, size, runs in json.load(sys.stdin):
    x = random.standard_normal((size, size))
    s = np.tril(x) + np.tril(x, -1).T
    definite = x @ x.T + np.eye(size)
    work = {
        'symmetricEigen': lambda: np.linalg.eigh(s),
        'symmetricEigenvalues': lambda: np.linalg.eigvalsh(s),
        'multiply': lambda: x @ s,
        'gram': lambda: x @ x.T,
        'cholesky': lambda: np.linalg.cholesky(definite),
        'choleskyInverse': lambda: np.linalg.inv(definite),
        'svd': lambda: np.linalg.svd(x, full_matrices=False),
    }.get(name)
    result.append(None if work is None else median(work, runs))
print(json.dumps(result))
`;

/** Median seconds for every [function, size, runs]; null where NumPy has no such function or is not there. */
export function numpyTimes(tasks) {
  const { status, stdout } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify(tasks),
    encoding: 'utf8',
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
  });
  return status === 0 ? JSON.parse(stdout) : tasks.map(() => null);
}
