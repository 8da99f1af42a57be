package org.vgg4j.serve.http;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.base.InputException;
import org.vgg4j.base.ScarceMemoryException;
import org.vgg4j.base.VggException;

/** Takes a request from its head to its answer. Thread-safe. */
final class RequestHandler extends Handler.Abstract {
  private static final Logger LOG = LoggerFactory.getLogger(RequestHandler.class);

  /** The header by which a client says how long it will wait, in milliseconds. */
  private static final String DEADLINE = "Vgg-Deadline-Ms";

  private final Routes routes;
  private final Guard guard;
  private final Limits limits;
  private final ByteBudget budget;
  private final CompletableFuture<Void> ready;
  private final ScheduledExecutorService timers;
  private final SlowConnections connections;
  private final RequestObserver observer;

  RequestHandler(
      Routes routes,
      Guard guard,
      Limits limits,
      ByteBudget budget,
      CompletableFuture<Void> ready,
      ScheduledExecutorService timers,
      SlowConnections connections,
      RequestObserver observer) {
    this.routes = routes;
    this.guard = guard;
    this.limits = limits;
    this.budget = budget;
    this.ready = ready;
    this.timers = timers;
    this.connections = connections;
    this.observer = observer;
  }

  /** What becomes known of a request while it is answered. */
  private static final class Progress {
    private final long start = System.nanoTime();
    private final String time = Instant.now().toString();
    private final Map<String, Object> notes = new LinkedHashMap<>();
    private String route = "none";
    private long bytesIn;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Progress progress = new Progress();
    Connection connection = request.getConnectionMetaData().getConnection();
    connections.begin(connection);
    CompletableFuture<Answer> future;
    try {
      future = answer(request, progress);
    } catch (RuntimeException | Error e) {
      future = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<Void> unused =
        future
            .exceptionally(failure -> Answer.error(failure(failure)))
            .thenAccept(
                answer ->
                    send(
                        request,
                        response,
                        answer,
                        // first, since the connection's next request may begin in the callback
                        Callback.from(
                            () -> {
                              connections.end(connection);
                              report(request, progress, answer);
                            },
                            callback)))
            .exceptionally(
                failure -> {
                  callback.failed(failure);
                  return null;
                });
    return true;
  }

  private CompletableFuture<Answer> answer(Request request, Progress progress) {
    BodyReader reader = new BodyReader(request, request.getLength(), limits, budget, timers);
    Routes.Match match;
    Deadline deadline;
    Map<String, String> query;
    try {
      match = routes.find(request.getMethod(), path(request));
      progress.route = match.route().pattern();
      guard.check(request, match.route().open());
      deadline = deadline(request);
      query = query(request);
    } catch (HttpFailure e) {
      return reader.discard(e).thenApply(never -> Answer.error(e));
    }
    CompletableFuture<Answer> answered =
        reader
            .read()
            .thenCompose(
                body -> {
                  progress.bytesIn = body.length;
                  Call call =
                      new Call(
                          request.getMethod(),
                          path(request),
                          match.variables(),
                          query,
                          request.getHeaders().get(HttpHeader.CONTENT_TYPE),
                          request.getHeaders()::get,
                          body,
                          deadline,
                          progress.notes);
                  return answer(match.route(), call)
                      .whenComplete((answer, failure) -> budget.giveBack(body.length));
                });
    return inTime(answered, deadline);
  }

  /** The answer, or 504 at the deadline; what computes it then goes on alone, and is not sent. */
  private CompletableFuture<Answer> inTime(CompletableFuture<Answer> answer, Deadline deadline) {
    CompletableFuture<Answer> first = new CompletableFuture<>();
    ScheduledFuture<?> timer =
        timers.schedule(
            () -> first.completeExceptionally(Deadline.failure()),
            deadline.nanos() - System.nanoTime(),
            TimeUnit.NANOSECONDS);
    CompletableFuture<Answer> unused =
        answer.whenComplete(
            (value, failure) -> {
              boolean unusedToo = timer.cancel(false);
              boolean unusedEither =
                  failure == null ? first.complete(value) : first.completeExceptionally(failure);
            });
    return first;
  }

  private CompletableFuture<Answer> answer(Routes.Route route, Call call) {
    return route.open() || ready.isDone()
        ? endpoint(route.endpoint(), call)
        : ready
            .exceptionally(failure -> null) // the server is about to end, and will say so
            .thenCompose(now -> endpoint(route.endpoint(), call));
  }

  private static CompletableFuture<Answer> endpoint(Endpoint endpoint, Call call) {
    try {
      call.deadline().check();
      return endpoint.answer(call);
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static String path(Request request) {
    String path = Request.getPathInContext(request);
    return path == null ? "" : path;
  }

  private Deadline deadline(Request request) {
    String text = request.getHeaders().get(DEADLINE);
    if (text == null) {
      return Deadline.in(limits.answerMilliseconds());
    }
    try {
      long milliseconds = Long.parseLong(text.trim());
      if (milliseconds > 0) {
        return Deadline.in(Math.min(milliseconds, limits.answerMilliseconds()));
      }
    } catch (NumberFormatException e) {
      // told below, like a number out of range
    }
    throw new HttpFailure(
        400,
        "header %s is '%s' but must be a whole number of milliseconds".formatted(DEADLINE, text));
  }

  private static Map<String, String> query(Request request) {
    Fields fields;
    try {
      fields = Request.extractQueryParameters(request);
    } catch (RuntimeException e) { // Jetty has several kinds for what is not well formed
      throw new HttpFailure(400, "the query of the request's address is malformed");
    }
    Map<String, String> query = new HashMap<>();
    for (Fields.Field field : fields) {
      List<String> values = field.getValues();
      if (values.size() != 1) {
        throw new HttpFailure(
            400, "parameter " + field.getName() + " is given several times: give it once");
      }
      query.put(field.getName(), String.valueOf(values.get(0)));
    }
    return query;
  }

  private void send(Request request, Response response, Answer answer, Callback callback) {
    response.setStatus(answer.status());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, answer.contentType());
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.body().length);
    response.getHeaders().put("X-Content-Type-Options", "nosniff");
    answer.headers().forEach((name, value) -> response.getHeaders().put(name, value));
    boolean head = request.getMethod().equals("HEAD");
    response.write(true, head ? ByteBuffer.allocate(0) : ByteBuffer.wrap(answer.body()), callback);
  }

  private void report(Request request, Progress progress, Answer answer) {
    observer.answered(
        new RequestObserver.Answered(
            progress.time,
            Request.getRemoteAddr(request),
            request.getMethod(),
            path(request),
            progress.route,
            answer.status(),
            System.nanoTime() - progress.start,
            progress.bytesIn,
            answer.body().length,
            progress.notes));
  }

  /**
   * What a client is told of a failure; a bug is logged, and the client learns no more than that.
   */
  private static HttpFailure failure(Throwable thrown) {
    Throwable cause = HttpFailure.cause(thrown);
    if (cause instanceof HttpFailure failure) {
      return failure;
    }
    if (cause instanceof OutOfMemoryError || cause instanceof ScarceMemoryException) {
      LOG.warn("a request needed more memory than there is", cause);
      return new HttpFailure(
          503,
          "there is not enough memory for this request now: send a smaller image, or try later");
    }
    if (cause instanceof InputException input) {
      return new HttpFailure(400, sentence(input));
    }
    if (cause instanceof DeviceFailedException device) {
      LOG.error("a request failed, since the device that computes has failed", device);
      return new HttpFailure(
          503,
          "the device that computes has failed, as the service's log describes: ask another"
              + " service, or try again once this one was started anew");
    }
    LOG.error("a request failed by an error in vgg4j itself", cause);
    return new HttpFailure(
        500, "this is an error in vgg4j itself, which its log describes: please report it");
  }

  private static String sentence(VggException e) {
    return String.valueOf(e.getMessage());
  }
}
