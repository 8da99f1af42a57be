package org.vgg4j.serve.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.ScarceMemoryException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.serve.compute.Admission;
import org.vgg4j.serve.compute.ComputeQueue;
import org.vgg4j.serve.compute.Work;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.HttpFailure;

/**
 * Takes the pictures of a request from their bytes to results: admitted all together or not at all,
 * decoded beside each other, computed with those of other requests. Thread-safe.
 */
public final class Pipeline {
  /**
   * What became of a picture.
   *
   * @param upload the picture
   * @param width in pixels, once it is decoded
   * @param height in pixels
   * @param result null if there was a failure
   * @param failure null if there is a result
   */
  public record Outcome<O>(
      Upload upload, int width, int height, @Nullable O result, @Nullable HttpFailure failure) {}

  /** What is to be computed for a picture. */
  private record Prepared<I>(Size size, I input) {}

  /** Of a picture, in pixels. */
  private record Size(int width, int height) {}

  private final Pictures pictures;
  private final Admission admission;
  private final ComputeQueue queue;
  private final Executor decoders;

  /**
   * @param decoders as many threads as pictures may be decoded at a time
   */
  Pipeline(Pictures pictures, Admission admission, ComputeQueue queue, Executor decoders) {
    this.pictures = pictures;
    this.admission = admission;
    this.queue = queue;
    this.decoders = decoders;
  }

  /** See {@link ComputeQueue#deviceFailure}. */
  public @Nullable String deviceFailure() {
    return queue.deviceFailure();
  }

  /** How many images of a request may ever be let in. */
  public int most() {
    return admission.most();
  }

  /** Decodes, for works that take pictures when it is their turn. */
  Pictures pictures() {
    return pictures;
  }

  /** Where answers are made that take longer than a moment. */
  Executor decoders() {
    return decoders;
  }

  /**
   * Computes something for each picture. Pictures that fail do not fail the others.
   *
   * @param prepare makes the input of a decoded picture, which is then released
   * @return an outcome for each; a failure if all failed: the first one's
   * @throws HttpFailure 413 or 429, if there is no room
   */
  public <I, O> CompletableFuture<List<Outcome<O>>> each(
      Call call, List<Upload> uploads, Function<RgbImage, I> prepare, Work<I, O> work) {
    admission.enter(uploads.size(), queue.secondsEach());
    List<CompletableFuture<Outcome<O>>> futures = new ArrayList<>();
    for (Upload upload : uploads) {
      CompletableFuture<Prepared<I>> prepared =
          CompletableFuture.supplyAsync(() -> prepare(call, upload, prepare), decoders);
      futures.add(
          queue
              .submitWhenReady(work, prepared.thenApply(Prepared::input), call.deadline())
              .thenCombine(
                  prepared.thenApply(Prepared::size),
                  (result, size) ->
                      new Outcome<>(upload, size.width(), size.height(), result, null))
              .exceptionally(thrown -> failed(upload, thrown))
              .whenComplete((outcome, thrown) -> admission.leave(1)));
    }
    return all(futures).thenApply(Pipeline::requireOne);
  }

  /**
   * Computes something for inputs that clients have prepared themselves.
   *
   * @return a result for each
   * @throws HttpFailure 413 or 429, if there is no room
   */
  public <I, O> CompletableFuture<List<O>> prepared(Call call, List<I> inputs, Work<I, O> work) {
    admission.enter(inputs.size(), queue.secondsEach());
    return all(
        inputs.stream()
            .map(
                input ->
                    queue
                        .submit(work, input, call.deadline())
                        .whenComplete((result, thrown) -> admission.leave(1)))
            .toList());
  }

  /**
   * The results of outcomes none of which may have failed.
   *
   * @throws HttpFailure the first one's failure
   */
  public static <O> List<O> requireAll(List<Outcome<O>> outcomes) {
    List<O> results = new ArrayList<>();
    for (Outcome<O> outcome : outcomes) {
      if (outcome.failure() != null) {
        throw outcome.failure();
      }
      results.add(Objects.requireNonNull(outcome.result()));
    }
    return results;
  }

  /**
   * Computes something for each picture, which is decoded only when its turn has come, since the
   * work needs it whole: so only one is in memory at a time.
   *
   * @param ask makes the input of what decodes the picture
   * @return as {@link #each}; sizes are not known
   * @throws HttpFailure 413 or 429, if there is no room
   */
  <I, O> CompletableFuture<List<Outcome<O>>> late(
      Call call, List<Upload> uploads, Function<Supplier<RgbImage>, I> ask, Work<I, O> work) {
    admission.enter(uploads.size(), queue.secondsEach());
    List<CompletableFuture<Outcome<O>>> futures = new ArrayList<>();
    for (Upload upload : uploads) {
      futures.add(
          queue
              .submit(work, ask.apply(() -> pictures.decodeWhole(upload)), call.deadline())
              .thenApply(result -> new Outcome<>(upload, 0, 0, result, null))
              .exceptionally(thrown -> failed(upload, thrown))
              .whenComplete((outcome, thrown) -> admission.leave(1)));
    }
    return all(futures).thenApply(Pipeline::requireOne);
  }

  /**
   * Computes something for one picture that is decoded only when its turn has come.
   *
   * @throws HttpFailure 429, if there is no room
   */
  <I, O> CompletableFuture<O> one(Call call, I input, Work<I, O> work) {
    admission.enter(1, queue.secondsEach());
    return queue
        .submit(work, input, call.deadline())
        .whenComplete((result, thrown) -> admission.leave(1));
  }

  /**
   * Makes an answer that needs a picture and no network, on a thread that decodes.
   *
   * @throws HttpFailure 429, if there is no room
   */
  CompletableFuture<Answer> beside(Supplier<Answer> work) {
    admission.enter(1, queue.secondsEach());
    return CompletableFuture.supplyAsync(work, decoders)
        .whenComplete((answer, thrown) -> admission.leave(1));
  }

  private <I> Prepared<I> prepare(Call call, Upload upload, Function<RgbImage, I> prepare) {
    call.deadline().check();
    RgbImage image = pictures.decode(upload);
    return new Prepared<>(new Size(image.width(), image.height()), prepare.apply(image));
  }

  /** An outcome for what is the picture's fault; anything else fails the request. */
  private static <O> Outcome<O> failed(Upload upload, Throwable thrown) {
    Throwable cause = HttpFailure.cause(thrown);
    if (cause instanceof HttpFailure failure) {
      return new Outcome<>(upload, 0, 0, null, failure);
    }
    if (cause instanceof InputException input && !(input instanceof ScarceMemoryException)) {
      return new Outcome<>(
          upload, 0, 0, null, new HttpFailure(400, String.valueOf(input.getMessage())));
    }
    throw new CompletionException(cause);
  }

  private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> futures) {
    return CompletableFuture.allOf(futures.toArray(new CompletableFuture<?>[0]))
        .thenApply(unused -> futures.stream().map(CompletableFuture::join).toList());
  }

  private static <O> List<Outcome<O>> requireOne(List<Outcome<O>> outcomes) {
    for (Outcome<O> outcome : outcomes) {
      if (outcome.failure() == null) {
        return outcomes;
      }
    }
    throw Objects.requireNonNull(outcomes.get(0).failure());
  }
}
