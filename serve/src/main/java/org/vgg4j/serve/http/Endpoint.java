package org.vgg4j.serve.http;

import java.util.concurrent.CompletableFuture;

/** What answers the requests of a route. Thread-safe. */
@FunctionalInterface
public interface Endpoint {
  /**
   * Answers a request, on a thread that other requests wait for: long work belongs elsewhere.
   *
   * @return the answer, or an {@link HttpFailure} or {@link org.vgg4j.base.InputException}, which
   *     become one
   * @throws HttpFailure or InputException, likewise
   */
  CompletableFuture<Answer> answer(Call call);
}
