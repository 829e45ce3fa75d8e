#!/usr/bin/env python3
"""The Python side of the bench: transformers.Trainer (+ PEFT) on a CPU, doing the same job as Attune.

  python bench/peer.py --model DIR --data DIR --method full --steps 40

--data is a folder in the Hub's layout, <split>-*.parquet at any depth, or of <split>.csv, with the columns text and
label (a number). Prints one JSON object on one line. With neither --steps nor --no-eval, the validation split is evaluated after each epoch, the
best epoch by its loss is kept, and the test split is evaluated at the end.
Needs torch, transformers, peft, accelerate, pyarrow for Parquet and, for evaluation, scikit-learn.
"""
import argparse
import csv
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

STARTED = time.perf_counter()

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import peft
import torch
import transformers

WARM_UP_STEPS = 3
VIRTUAL_TOKENS = 20
PROMPT = "Classify the emotion in this sentence."


def arguments():
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--model", required=True, help="a model folder")
    parser.add_argument("--data", required=True, help="a data folder")
    parser.add_argument("--method", default="full", choices=["full", "linear-probe", "prompt", "prefix", "lora"])
    parser.add_argument("--epochs", type=float, default=10, help="passes over the training split")
    parser.add_argument("--learning-rate", "--lr", type=float, default=1e-4, help="at the start of a linear schedule")
    parser.add_argument("--batch-size", "--batch", type=int, default=16, help="texts per step")
    parser.add_argument("--top", type=int, default=0, help="full: train only so many of the last layers, and the head")
    parser.add_argument("--rank", type=int, default=8, help="of lora")
    parser.add_argument("--targets", type=lambda names: names.split(","), help="of lora, where PEFT has none for a model: q,v")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many optimizer steps; 0: after all epochs")
    parser.add_argument("--limit", type=int, default=0, help="train on the first so many texts only; 0: on all")
    parser.add_argument("--seed", type=int, default=42, help="of the shuffling, of dropout and of fresh weights")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--bf16", action="store_true", help="autocast to bfloat16")
    parser.add_argument("--no-eval", action="store_true", help="train only")
    parser.add_argument("--out", help="also write the JSON object, with the log of the run, to this file")
    return parser.parse_args()


class Texts(torch.utils.data.Dataset):
    """One split, tokenized once and padded batch by batch."""

    def __init__(self, folder, split, tokenizer, limit=0):
        texts, labels = read_split(folder, split)
        self.labels = labels[:limit or None]
        self.ids = tokenizer(texts[:limit or None], truncation=True)["input_ids"]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return {"input_ids": self.ids[i], "attention_mask": [1] * len(self.ids[i]), "labels": self.labels[i]}


def read_split(folder, split):
    table = Path(folder) / f"{split}.csv"
    if table.exists():
        with open(table, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [row["text"] for row in rows], [int(row["label"]) for row in rows]
    import pyarrow.parquet as parquet
    files = sorted(Path(folder).rglob(f"{split}-*.parquet"))
    if not files:
        raise SystemExit(f"{folder}: there is neither {split}.csv nor {split}-*.parquet in this folder")
    rows = parquet.read_table(files, columns=["text", "label"])
    return rows["text"].to_pylist(), rows["label"].to_pylist()


class StepClock(transformers.TrainerCallback):
    """Seconds of each optimizer step."""

    def __init__(self):
        self.seconds = []

    def on_step_begin(self, *_, **__):
        self.started = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.seconds.append(time.perf_counter() - self.started)


def build_model(args, label_count):
    model = transformers.AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=label_count)
    task = {"task_type": peft.TaskType.SEQ_CLS}
    if args.method == "full":
        if args.top:
            model.base_model.embeddings.requires_grad_(False)
            model.base_model.encoder.layer[:-args.top].requires_grad_(False)
        return model
    if args.method == "linear-probe":
        model.base_model.requires_grad_(False)
        return model
    if args.method == "lora":
        return peft.get_peft_model(model, peft.LoraConfig(r=args.rank, target_modules=args.targets, **task))
    if args.method == "prefix":
        return peft.get_peft_model(model, peft.PrefixTuningConfig(num_virtual_tokens=VIRTUAL_TOKENS, **task))
    return peft.get_peft_model(model, peft.PromptTuningConfig(
        prompt_tuning_init="TEXT", prompt_tuning_init_text=PROMPT, num_virtual_tokens=VIRTUAL_TOKENS,
        tokenizer_name_or_path=args.model, **task))


def build_trainer(args, model, tokenizer, train, validation, clock):
    return transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(
            output_dir=args.scratch, num_train_epochs=args.epochs, max_steps=args.steps or -1, use_cpu=True,
            learning_rate=args.learning_rate, per_device_train_batch_size=args.batch_size,
            per_device_eval_batch_size=64, seed=args.seed, bf16=args.bf16, label_names=["labels"],
            eval_strategy="epoch" if validation else "no", save_strategy="epoch" if validation else "no",
            save_total_limit=1, load_best_model_at_end=validation is not None, logging_strategy="epoch",
            report_to="none", disable_tqdm=True),
        train_dataset=train,
        eval_dataset=validation,
        data_collator=transformers.DataCollatorWithPadding(tokenizer),
        compute_metrics=metrics_of,
        callbacks=[clock])


def metrics_of(prediction):
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support
    logits = prediction.predictions[0] if isinstance(prediction.predictions, tuple) else prediction.predictions
    guesses = logits.argmax(-1)
    precision, recall, f1, _ = precision_recall_fscore_support(
        prediction.label_ids, guesses, average="macro", zero_division=0)
    return {"accuracy": accuracy_score(prediction.label_ids, guesses), "precision": precision, "recall": recall, "f1": f1}


def peak_rss_bytes():
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def processor_name():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def measure(args):
    torch.set_num_threads(args.threads)
    transformers.set_seed(args.seed)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    evaluates = not args.no_eval and args.steps == 0
    tokenizer = transformers.AutoTokenizer.from_pretrained(args.model)
    train = Texts(args.data, "train", tokenizer, args.limit)
    validation = Texts(args.data, "validation", tokenizer) if evaluates else None
    model = build_model(args, max(train.labels) + 1)
    clock = StepClock()
    trainer = build_trainer(args, model, tokenizer, train, validation, clock)
    trainer.remove_callback(transformers.PrinterCallback)
    started = time.perf_counter()
    trainer.train()
    result = {
        "method": args.method,
        "startSeconds": started - STARTED,
        "trainSeconds": time.perf_counter() - started,
        "steps": len(clock.seconds),
        "stepSeconds": clock.seconds,
        "stepSecondsMedian": statistics.median(clock.seconds[WARM_UP_STEPS:] or clock.seconds),
        "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "peakRssBytes": peak_rss_bytes(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__,
                     "transformers": transformers.__version__, "peft": peft.__version__},
        "processor": processor_name(),
        "threads": args.threads,
    }
    if evaluates:
        started = time.perf_counter()
        test = trainer.evaluate(Texts(args.data, "test", tokenizer))
        result["test"] = {name: test[f"eval_{name}"] for name in ["loss", "accuracy", "precision", "recall", "f1"]}
        result["evaluateSeconds"] = time.perf_counter() - started
    return result, trainer.state.log_history


def main():
    args = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        args.scratch = scratch
        result, log = measure(args)
    print(json.dumps(result))
    if args.out:
        Path(args.out).write_text(json.dumps({**result, "log": log}, indent=1))


if __name__ == "__main__":
    main()
