/** The entry point for tests of apps: the same as `@openlayer-tracing/core/testing`. */

export * from '@openlayer-tracing/core/testing';
