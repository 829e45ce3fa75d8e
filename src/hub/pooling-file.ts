/** Where sentence-transformers keeps, among a model's files, how that makes one vector of a text. */
export const POOLING_FILE = "1_Pooling/config.json";
