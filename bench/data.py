"""pyarrow's CSV reader on a file, with one thread; prints JSON."""
import json
import resource
import sys
import time

import pyarrow.csv

started = time.perf_counter()
table = pyarrow.csv.read_csv(sys.argv[1], read_options=pyarrow.csv.ReadOptions(use_threads=False),
                             parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True))
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "rows": table.num_rows,
                  "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
