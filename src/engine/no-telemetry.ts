/**
 * ONNX Runtime reports to its maker from the moment it is loaded: it looks up a host of theirs and keeps a device id and
 * events in the home folder. This file is imported before it, wherever it is imported, and turns that off. What is in the
 * environment reaches child processes, too.
 */
process.env.ORT_DISABLE_TELEMETRY = "1";
