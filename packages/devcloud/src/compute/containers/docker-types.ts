/** The part of a container's inspection that is looked at here. */
export interface ContainerDetails {
  readonly Id: string;
  readonly Name: string;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly StartedAt: string;
  };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null };
}

export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface ImageDetails {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly Config: {
    readonly Cmd: readonly string[] | null;
    readonly Entrypoint: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>> | null;
  };
}

export interface EngineInfo {
  readonly ServerVersion: string;
  readonly Driver: string;
  readonly CgroupVersion?: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly DockerRootDir: string;
}

export interface ExecResult {
  readonly exitCode: number;
  /** Standard output and error as they came. */
  readonly output: string;
}
