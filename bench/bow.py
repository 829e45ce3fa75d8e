"""scikit-learn's logistic regression on word counts, of texts given as JSON on standard input; prints JSON."""
import json
import sys
import time

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

data = json.load(sys.stdin)
(texts, labels), (test_texts, test_labels) = data["train"], data["test"]
started = time.perf_counter()
vectorizer = CountVectorizer()
counts = vectorizer.fit_transform(texts)
model = LogisticRegression(max_iter=1000).fit(counts, labels)
seconds = time.perf_counter() - started
predicted = model.predict(vectorizer.transform(test_texts))
print(json.dumps({
    "accuracy": accuracy_score(test_labels, predicted), "f1": f1_score(test_labels, predicted, average="macro"),
    "seconds": seconds, "iterations": int(max(model.n_iter_)), "words": len(vectorizer.vocabulary_),
}))
