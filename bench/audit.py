"""cleanlab's side of `npm run bench -- audit`: label issues from the same probabilities.

Reads JSON {probabilities: file of float32, given, classes} from standard input; writes indices, those least sure first.
"""
import json
import sys
import time

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

job = json.load(sys.stdin)
given = np.array(job["given"])
probabilities = np.fromfile(job["probabilities"], dtype=np.float32).reshape(len(given), job["classes"]).astype(float)
started = time.perf_counter()

issues = find_label_issues(given, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
json.dump(
    {
        "default": issues.tolist(),
        "order": np.argsort(get_label_quality_scores(given, probabilities), kind="stable").tolist(),
        "seconds": time.perf_counter() - started,
    },
    sys.stdout,
)
