/** What is said while files are fetched or sent. */

/** Bytes of a repository's files that have come, of those that were not here yet. */
export interface DownloadEvent {
  readonly type: "download";
  readonly repo: string;
  /** The file that is being fetched. */
  readonly file: string;
  /** Of all files so far, with what an interrupted download had left. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** The Hub does not answer now, or asks for patience. */
export interface WaitEvent {
  readonly type: "wait";
  readonly repo: string;
  readonly seconds: number;
  readonly reason: string;
}

/** Files of an upload that the Hub has. */
export interface UploadEvent {
  readonly type: "upload";
  readonly repo: string;
  /** The file that was sent last. */
  readonly file: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

export type FetchEvent = DownloadEvent | WaitEvent;
export type PushEvent = UploadEvent | WaitEvent;
