import type { CallOptions, StreamUsageOptions } from '../../common/options.js';
import type { Retrieval, Shape } from '../../shapes/reading/shape.js';

/**
 * The timeout of a client that aborts a request itself, by a signal that it makes for the request and without a reason. Of such
 * clients the app's own signal is read from the options of the call.
 */
export interface OwnTimeout {
  /** Whether it may also end a stream that has begun. If not, such an abort is the app's, by a method of the stream. */
  readonly endsStreams: boolean;
  /** The error that the client throws. @default an error with the name `TimeoutError` */
  readonly error?: { readonly name: string; readonly message: string };
}

/** Describes a client that uses HTTP: how its steps are named, which of its requests are recorded, and how. */
export interface ClientProfile {
  /** The first word of the names of the steps: `OpenAI`. */
  readonly client: string;
  /** As `client`, for requests to Azure. @default `client` */
  readonly clientOnAzure?: string | undefined;
  /** The provider if the host of the request is not a known one. */
  readonly provider: string | undefined;
  readonly shapes: readonly Shape[];
  /** Results that an app fetches later than it requests them. */
  readonly retrievals?: readonly Retrieval[] | undefined;
  /**
   * POST paths that cost nothing, or whose cost is recorded elsewhere. A POST to any other path that no shape matches is
   * reported.
   */
  readonly unreportedPaths: readonly RegExp[];
  /**
   * Whether its requests may be sent to any host, as those of a traced fetch. Then a path alone does not identify a call of a
   * model, and nothing is reported.
   */
  readonly isForAnyHost: boolean;
  /** Undefined if the client has no timeout of its own, or if its aborts have a reason. */
  readonly ownTimeout?: OwnTimeout | undefined;
  readonly options: CallOptions & StreamUsageOptions;
}

/** The names of a client in a profile. On Azure, the one of OpenAI is another. */
export function clientNames(client: string): Pick<ClientProfile, 'client' | 'clientOnAzure'> {
  return client === 'OpenAI' ? { client, clientOnAzure: 'Azure OpenAI' } : { client };
}
