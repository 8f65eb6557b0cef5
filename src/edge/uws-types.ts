/** The part of uWebSockets.js v20.69 that Weir uses; the package carries no types of its own. */

/** What uWS takes as text or bytes; it copies both before it returns. */
type UwsBytes = string | Uint8Array

export interface UwsRequest {
  getCaseSensitiveMethod(): string
  getUrl(): string
  /** Undefined without a question mark. */
  getQuery(): string | undefined
  /** Names in lower case, in the order of arrival, duplicates included. */
  forEach(take: (name: string, value: string) => void): void
}

/** Must not be touched after an abort or after the answer has ended: it throws then. */
export interface UwsResponse {
  writeStatus(status: string): void
  writeHeader(name: string, value: string): void
  /** A chunk of a chunked answer. False when some of it could not be handed to the kernel. */
  write(chunk: UwsBytes): boolean
  end(body?: UwsBytes, closeConnection?: boolean): void
  endWithoutBody(contentLength?: number, closeConnection?: boolean): void
  /** Cuts the connection; calls the abort handler before it returns. */
  close(): void
  cork(write: () => void): void
  onAborted(handler: () => void): void
  onWritable(handler: () => boolean): void
  /** Calls back once with the whole body, valid only during the call, or with null when it is longer than `bytesMax`. */
  collectBody(bytesMax: number, take: (body: ArrayBuffer | null) => void): void
  /** 4 or 16 bytes. */
  getRemoteAddress(): ArrayBuffer
  getRemoteAddressAsText(): ArrayBuffer
  getRemotePort(): number
  /** The certificate the peer showed, PEM; '' if it showed none or was asked for none. */
  getX509Certificate(): string
}

/** An open listen socket. Opaque. */
export interface UwsListenSocket {
  readonly brand?: 'uws-listen-socket'
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp
  /** `opened` gets false when the port could not be taken. */
  listen(host: string, port: number, options: number, opened: (socket: UwsListenSocket | false) => void): UwsApp
  /** Closes the listen socket and every connection. */
  close(): void
}

export interface UwsTls {
  readonly cert_file_name: string
  readonly key_file_name: string
  /** Makes uWS ask for a certificate and refuse an untrusted one; it lets peers in that show none. */
  readonly ca_file_name?: string
}

export interface Uws {
  App(): UwsApp
  /** TLS 1.2 and newer. Throws one sentence for every mistake in the files. */
  SSLApp(tls: UwsTls): UwsApp
  us_listen_socket_close(socket: UwsListenSocket): void
  us_socket_local_port(socket: UwsListenSocket): number
  /** `silent` leaves out the `uWebSockets: 20` header. */
  _cfg(word: 'silent'): void
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
}
