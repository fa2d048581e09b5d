/** The door for users' tests: the same as `@openlayer-tracing/core/testing`. */

export * from '@openlayer-tracing/core/testing';
