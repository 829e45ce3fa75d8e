#!/usr/bin/env python3
"""The Python side of the pre-training bench: BertForMaskedLM with transformers.Trainer on a CPU, float32.

  python bench/pretrain.py --model DIR --text FILE --steps 23

--model is a folder with BertForMaskedLM and its tokenizer; --text a file of paragraphs with blank lines between. Blocks
of full length, 15 % of the tokens masked by DataCollatorForLanguageModeling, the decoder for all positions: everything
as Transformers does it. Prints one JSON object on one line. Needs torch, transformers and accelerate.
"""
import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import torch
import transformers

from peer import StepClock, peak_rss_bytes, processor_name


def arguments():
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--model", required=True, help="a model folder")
    parser.add_argument("--text", required=True, help="a text file")
    parser.add_argument("--steps", type=int, default=23, help="optimizer steps")
    parser.add_argument("--length", type=int, default=128, help="tokens of a block")
    parser.add_argument("--batch-size", type=int, default=32, help="blocks per step")
    parser.add_argument("--learning-rate", type=float, default=5e-4, help="at the start of a linear schedule")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    return parser.parse_args()


def blocks_of(path, tokenizer, length):
    """The text as token ids, cut into pieces that with [CLS] and [SEP] have `length` tokens; the rest is dropped."""
    ids = []
    for paragraph in Path(path).read_text(encoding="utf-8").split("\n\n"):
        ids += tokenizer(paragraph, add_special_tokens=False)["input_ids"]
    own = length - 2
    pieces = [ids[i:i + own] for i in range(0, len(ids) - own + 1, own)]
    return [{"input_ids": [tokenizer.cls_token_id, *piece, tokenizer.sep_token_id]} for piece in pieces]


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    transformers.set_seed(42)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(args.model)
    model = transformers.AutoModelForMaskedLM.from_pretrained(args.model)
    clock = StepClock()
    with tempfile.TemporaryDirectory() as scratch:
        trainer = transformers.Trainer(
            model=model,
            args=transformers.TrainingArguments(
                output_dir=scratch, max_steps=args.steps, use_cpu=True, learning_rate=args.learning_rate,
                weight_decay=0.01, per_device_train_batch_size=args.batch_size, save_strategy="no",
                logging_strategy="no", report_to="none", disable_tqdm=True, seed=42),
            train_dataset=blocks_of(args.text, tokenizer, args.length),
            data_collator=transformers.DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15),
            callbacks=[clock])
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
    print(json.dumps({
        "stepSeconds": clock.seconds,
        "tokensPerStep": args.batch_size * args.length,
        "parameters": sum(p.numel() for p in model.parameters()),
        "peakRssBytes": peak_rss_bytes(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__,
                     "transformers": transformers.__version__},
        "processor": processor_name(),
    }))


if __name__ == "__main__":
    main()
