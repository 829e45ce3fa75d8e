/**
 * A real Redis or Valkey, and a real endpoint of S3, each on a loopback port, or an address of its own, and with a folder of its own.
 *
 * S3 is moto's server (Python, `pip install 'moto[s3,server]'`), found in the Python that ATTUNE_PYTHON names: of the servers in
 * npm (s3rver, its fork @20minutes/s3rver, fauxqs, smarts3) none knows the conditional put by which a run is published once.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { connect, createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

/** The program, where this machine has one. */
export const redisProgram: string | undefined = ["valkey-server", "redis-server"].find(
  (program) => spawnSync(program, ["--version"]).status === 0,
);

const python = process.env.ATTUNE_PYTHON;
export const hasS3: boolean = !!python && spawnSync(python, ["-c", "import moto.server"]).status === 0;

export interface Server {
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it with a signal; what it has kept on its disk stays. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** An address of this machine, other than loopback's, and what must be known to use a server there. */
export interface Address {
  readonly host: string;
  readonly password: string;
}

/** Redis with its append-only file in `folder`; another one with the same folder and port goes on with it. */
export async function startRedis(folder: string, port?: number, address?: Address): Promise<Server> {
  const [at, host] = [port ?? (await freePort()), address?.host ?? LOOPBACK];
  const args = ["--port", at, "--bind", host, "--dir", folder, "--save", "", "--appendonly", "yes"];
  if (address) args.push("--requirepass", address.password);
  const server = spawn(redisProgram!, [...args, "--appendfsync", "always"].map(String), { stdio: "ignore" });
  return listening(at, host, server);
}

const LOOPBACK = "127.0.0.1";

export const BUCKET = "attune-test";

/** What programs of AWS need to find that S3. */
export const s3Environment = (port: number, host = LOOPBACK) => ({
  AWS_ENDPOINT_URL: `http://${host}:${port}`,
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
});

/** S3 with one empty bucket. */
export async function startS3(host = LOOPBACK): Promise<Server> {
  const port = await freePort();
  const args = ["-m", "moto.server", "-H", host, "-p", String(port)];
  const server = await listening(port, host, spawn(python!, args, { stdio: "ignore" }));
  const { CreateBucketCommand, S3Client } = await import("@aws-sdk/client-s3");
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const endpoint = `http://${host}:${port}`;
  const client = new S3Client({ endpoint, credentials, forcePathStyle: true, region: "us-east-1" });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  return server;
}

async function listening(port: number, host: string, process: ChildProcess): Promise<Server> {
  const ended = new Promise<void>((done) => process.once("exit", () => done()));
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    process.kill(signal);
    await ended;
  };
  while (!(await answers(port, host))) {
    if (process.exitCode !== null) throw new Error(`the server on port ${port} ended with ${process.exitCode}`);
    await setTimeout(50);
  }
  return { port, process, stop };
}

const answers = (port: number, host: string): Promise<boolean> =>
  new Promise((settle) => {
    const socket = connect(port, host);
    const end = (isOpen: boolean) => {
      socket.destroy();
      settle(isOpen);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });

export const freePort = (): Promise<number> =>
  new Promise((settle) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => settle(port));
    });
  });
