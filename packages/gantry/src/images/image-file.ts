/** A file that goes into an image beside what its packages bring. */
export interface ImageFile {
  readonly path: string;
  readonly content: string;
  /** Permissions, octal: `0644`. */
  readonly mode: string;
}
