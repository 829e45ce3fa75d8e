/** What stands between programs and the servers that they use: closed for a while, or refusing and cutting what passes. */
import { createServer as createHttpServer, request } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Passes connections on to a port of this machine while it is open. */
export async function gate(to: number) {
  const sockets = new Set<Socket>();
  let port = 0;
  let server: Server;
  const open = async () => {
    server = createServer((from) => {
      const onward = connect(to, "127.0.0.1");
      for (const [socket, other] of [
        [from, onward],
        [onward, from],
      ] as const) {
        sockets.add(socket);
        socket
          .on("error", () => {})
          .once("close", () => {
            sockets.delete(socket);
            other.destroy();
          });
        socket.pipe(other);
      }
    });
    await new Promise<void>((ready) => server.listen(port, "127.0.0.1", ready));
    ({ port } = server.address() as { port: number });
  };
  await open();
  return {
    port,
    open,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Passes requests on; refuses one of twelve with 500, and cuts one of twelve uploads in the middle. Counts those, and by its path
 * how often each published.json was put.
 */
export async function faultyProxy(to: number, draw: (below: number) => number) {
  const counted = { requests: 0, refused: 0, cut: 0, published: new Map<string, number>() };
  const server = createHttpServer((asked, answer) => {
    const fate = draw(12);
    counted.requests++;
    if (fate === 0) {
      counted.refused++;
      asked.resume().once("end", () => answer.writeHead(500).end());
      return;
    }
    const { method, url: path, headers } = asked;
    if (fate === 1 && method === "PUT") {
      counted.cut++;
      asked.once("data", () => asked.destroy());
      return;
    }
    const sent = request({ port: to, host: "127.0.0.1", method, path, headers }, (got) => {
      const [key = ""] = path!.split("?");
      if (method === "PUT" && key.endsWith("/published.json") && got.statusCode === 200)
        counted.published.set(key, (counted.published.get(key) ?? 0) + 1);
      answer.writeHead(got.statusCode!, got.headers);
      got.pipe(answer);
    });
    sent.on("error", () => answer.destroy());
    asked.pipe(sent);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  return { port, counted };
}
