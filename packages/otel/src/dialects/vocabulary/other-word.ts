/** The word of OpenTelemetry's conventions for a method or an error type that they do not name. */
export const OTHER = '_OTHER';
