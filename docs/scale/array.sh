#!/bin/sh
# The runs of a study that was shared with --share-only: sbatch --array=0-39 array.sh STUDY (40 runs, numbered from 0).
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --requeue
# Time enough to send a checkpoint up before the end.
#SBATCH --signal=TERM@60
exec srun attune run-planned "$1" --threads "$SLURM_CPUS_PER_TASK" --work "${TMPDIR:-/tmp}/attune"
