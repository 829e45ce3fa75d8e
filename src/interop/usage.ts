/** How an exported folder is opened, in Python and in JavaScript: code for its model card. */

export interface UsageFacts {
  readonly format: string;
  /** The folder's name. */
  readonly name: string;
  /** Path or name of the base model. */
  readonly base: string;
  readonly labels: readonly string[];
  /** Longest text in tokens. */
  readonly maxLength: number;
  readonly int8?: boolean;
  /** Whether the folder brings the code of its head. */
  readonly brings?: boolean;
}

export interface Usage {
  readonly title: string;
  readonly language: string;
  readonly code: string;
}

export function usageOf(facts: UsageFacts): Usage[] {
  return USAGES[facts.format]!(facts);
}

const TEXT = "what a lovely day";

const USAGES: Readonly<Record<string, (facts: UsageFacts) => Usage[]>> = {
  peft: ({ name, base, labels, maxLength }) => [
    {
      title: "In Python, with PEFT. An adapter does not know its labels, so their number has to be given:",
      language: "python",
      code: `from peft import AutoPeftModelForSequenceClassification
from transformers import AutoTokenizer

labels = ${JSON.stringify(labels)}
tokenizer = AutoTokenizer.from_pretrained(${JSON.stringify(name)})
model = AutoPeftModelForSequenceClassification.from_pretrained(${JSON.stringify(name)}, num_labels=${labels.length}).eval()
batch = tokenizer([${JSON.stringify(TEXT)}], padding=True, truncation=True, max_length=${maxLength}, return_tensors="pt")
print([labels[i] for i in model(**batch).logits.argmax(-1)])`,
    },
    attune(`${JSON.stringify(base)}, { adapter: ${JSON.stringify(name)} }`),
  ],
  transformers: ({ name, maxLength, labels, brings = false }) => [
    {
      title: `In Python, with Transformers${brings ? ", which has no such head: its code is in modeling_attune.py" : ""} (\`num_labels\` is ${labels.length}, which config.json says):`,
      language: "python",
      code: `from transformers import AutoModelForSequenceClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(${JSON.stringify(name)})
model = AutoModelForSequenceClassification.from_pretrained(${JSON.stringify(name)}${brings ? ", trust_remote_code=True" : ""}).eval()
batch = tokenizer([${JSON.stringify(TEXT)}], padding=True, truncation=True, max_length=${maxLength}, return_tensors="pt")
print([model.config.id2label[int(i)] for i in model(**batch).logits.argmax(-1)])`,
    },
    attune(JSON.stringify(name)),
  ],
  onnx: ({ name, labels, int8 = false }) => [
    {
      title: "In JavaScript, with transformers.js:",
      language: "js",
      code: `import { pipeline } from "@huggingface/transformers";

const classify = await pipeline("text-classification", "./${name}", { dtype: "fp32" });${int8 ? ' // or dtype: "q8"' : ""}
console.log(await classify(${JSON.stringify(TEXT)}));`,
    },
    {
      title: `In Python, with ONNX Runtime (\`num_labels\` is ${labels.length}, the last size of the logits):`,
      language: "python",
      code: `import numpy
import onnxruntime
from transformers import AutoTokenizer

labels = ${JSON.stringify(labels)}
tokenizer = AutoTokenizer.from_pretrained(${JSON.stringify(name)})
session = onnxruntime.InferenceSession(${JSON.stringify(`${name}/onnx/model.onnx`)})
batch = tokenizer([${JSON.stringify(TEXT)}], padding=True, truncation=True, return_tensors="np")
needed = {i.name for i in session.get_inputs()}
feeds = {k: v.astype(numpy.int64) for k, v in batch.items() if k in needed}
print([labels[i] for i in session.run(["logits"], feeds)[0].argmax(-1)])`,
    },
  ],
};

const attune = (given: string): Usage => ({
  title: "In JavaScript, with Attune:",
  language: "js",
  code: `import { load } from "attune";

const classifier = await load(${given});
console.log(await classifier.predict([${JSON.stringify(TEXT)}]));`,
});
