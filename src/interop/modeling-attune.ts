/** Models with a head that Transformers lacks, in a form that it opens all the same: with the head's code in the folder. */
import { AttuneError } from "../base/error.ts";
import type { Encoder } from "../models/encoder.ts";
import { HEAD_KEY, THRESHOLDS_KEY, WRAPPER_TYPE } from "../pretrained/model-config.ts";

export const MODELING_FILE = "modeling_attune.py";

/**
 * config.json of such a folder: a model type of its own, since Transformers would put another head on the encoder's,
 * drawn by chance, and say so in a warning only.
 *
 * @throws AttuneError where the head reads a layer that the encoder in Transformers does not have
 */
export function wrappedConfig(encoder: Encoder, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { id2label, label2id, problem_type, dtype, [HEAD_KEY]: head, [THRESHOLDS_KEY]: thresholds, ...own } = config;
  const dense = `${encoder.classificationHead.dense.module}.weight`;
  // What belongs to the encoder itself has a name without the family's prefix as well.
  const hasPooler = encoder.checkpointNames(dense).some((name) => name !== dense && dense.endsWith(`.${name}`));
  if (encoder.head.head.startsWith("pooler") && !hasPooler)
    throw new AttuneError(
      "export/transformers",
      `this cannot be a model of Transformers: ${encoder.bareArchitecture} has no pooler for the head ${encoder.head.head}; export it as onnx`,
    );
  return {
    architectures: ["AttuneForSequenceClassification"],
    auto_map: {
      AutoConfig: "modeling_attune.AttuneConfig",
      AutoModelForSequenceClassification: "modeling_attune.AttuneForSequenceClassification",
    },
    model_type: WRAPPER_TYPE,
    dtype,
    id2label,
    label2id,
    problem_type,
    [HEAD_KEY]: head,
    ...(thresholds !== undefined && { [THRESHOLDS_KEY]: thresholds }),
    encoder: own,
  };
}

/** What it says is said once more in src/models/head.ts, and a test compares the two. */
export const MODELING_CODE = `"""A text classifier that Attune trained: an encoder of Transformers with a head of its own.

Open it with AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True).
"""

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput


class AttuneConfig(PretrainedConfig):
    model_type = "attune"

    def __init__(self, encoder=None, attune_head=None, attune_thresholds=None, **kwargs):
        self.encoder = encoder or {"model_type": "bert"}  # config.json of the encoder
        self.attune_head = attune_head or {"head": "mean"}
        self.attune_thresholds = attune_thresholds  # one for each label, where a text may have any number of them
        super().__init__(**kwargs)


class AttuneForSequenceClassification(PreTrainedModel):
    config_class = AttuneConfig

    def __init__(self, config):
        super().__init__(config)
        own = AutoConfig.for_model(**config.encoder)
        encoder = AutoModel.from_config(own)
        self.pooling, _, self.mlp = config.attune_head["head"].partition("+")
        if self.pooling != "pooler" and hasattr(encoder, "pooler"):
            encoder.pooler = None
        # Under the name that checkpoints of the family have for it: "bert", "roberta", ...
        self.encoder_name = encoder.base_model_prefix
        setattr(self, self.encoder_name, encoder)
        self.heads, hidden = own.num_attention_heads, own.hidden_size
        width = (config.attune_head.get("mlpSize") or hidden) if self.mlp else hidden
        self.head = nn.Module()
        if self.pooling == "attention":
            self.head.attention = nn.Linear(hidden, self.heads, bias=False)
        if self.mlp:
            self.head.dense = nn.Linear(hidden, width)
            self.head.LayerNorm = nn.LayerNorm(width, eps=1e-12)
        self.classifier = nn.Linear(width, config.num_labels)
        self.post_init()

    def pool(self, outputs, mask):
        """One vector for each text: [batch, hidden]."""
        hidden = outputs.last_hidden_state  # [batch, length, hidden]
        padding = ~mask.bool().unsqueeze(-1)  # [batch, length, 1]
        if self.pooling == "pooler":
            return outputs.pooler_output
        if self.pooling == "cls":
            return hidden[:, 0]
        if self.pooling == "max":
            return hidden.masked_fill(padding, float("-inf")).amax(1)
        if self.pooling == "mean":
            return hidden.masked_fill(padding, 0).sum(1) / mask.sum(1, keepdim=True)
        scores = self.head.attention(hidden).masked_fill(padding, float("-inf"))  # [batch, length, heads]
        by_head = hidden.unflatten(-1, (self.heads, -1))  # [batch, length, heads, dim]
        return (scores.softmax(1).unsqueeze(-1) * by_head).sum(1).flatten(1)

    def forward(self, input_ids=None, attention_mask=None, labels=None, return_dict=None, **kwargs):
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        outputs = getattr(self, self.encoder_name)(input_ids=input_ids, attention_mask=mask, **kwargs)
        pooled = self.pool(outputs, mask)
        if self.mlp:
            pooled = self.head.LayerNorm(nn.functional.gelu(self.head.dense(pooled)))
        logits = self.classifier(pooled)
        loss = None
        if labels is not None:
            several = self.config.problem_type == "multi_label_classification"
            loss = nn.BCEWithLogitsLoss()(logits, labels.float()) if several else nn.CrossEntropyLoss()(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)
`;
