package org.vgg4j.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;

/**
 * Images on the web. Redirections are followed to http and https, but not from https to http.
 * Thread-safe.
 */
final class WebImages {
  private static final int OK = 200;

  private final HttpClient client;
  private final Duration longest;
  private final long mostBytes;

  /** Waits up to a minute for an image of up to 256 MiB. */
  WebImages() {
    this(Duration.ofMinutes(1), 256L << 20);
  }

  /**
   * @param longest time that an image may take, from the first connection to its last byte
   * @param mostBytes that it may have
   */
  WebImages(Duration longest, long mostBytes) {
    this.longest = longest;
    this.mostBytes = mostBytes;
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(longest)
            .build();
  }

  /** Whether an argument is an address, and not the name of a file. */
  static boolean isAddress(String argument) {
    return argument.matches("(?s)[A-Za-z][A-Za-z0-9+.-]+://.*");
  }

  /**
   * Checks an address; nothing is sent.
   *
   * @throws InputException if it is none of http or https
   */
  static URI address(String text) {
    URI address;
    try {
      address = new URI(text);
    } catch (URISyntaxException e) {
      throw new InputException(
          "%s is not an address: %s at character %d; write blanks as %%20"
              .formatted(text, e.getReason(), e.getIndex() + 1),
          e);
    }
    String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new InputException(
          "%s cannot be read: of addresses only http and https; download it, and give the file"
              .formatted(text));
    }
    if (address.getHost() == null) {
      throw new InputException(text + " is not an address: it names no host");
    }
    return address;
  }

  /**
   * Gets an image.
   *
   * @throws InputException if it cannot be had, is too large, takes too long, or is no image
   */
  RgbImage get(URI address) {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .header("User-Agent", "vgg4j/" + Version.get())
            .timeout(longest)
            .build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(
            request,
            response ->
                response.statusCode() == OK
                    ? new Limited(mostBytes)
                    : HttpResponse.BodySubscribers.replacing(new byte[0]));
    try {
      HttpResponse<byte[]> response = answer.get(longest.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != OK) {
        throw new InputException(address + " cannot be had: " + said(response));
      }
      return ImageDecoder.decode(response.body(), address.toString());
    } catch (TimeoutException e) {
      throw tooLong(address, e);
    } catch (ExecutionException e) {
      throw failed(address, e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException(address + " cannot be had: waiting for it was interrupted", e);
    } finally {
      boolean unused = answer.cancel(true);
    }
  }

  private static String said(HttpResponse<byte[]> response) {
    int status = response.statusCode();
    if (status / 100 == 3) {
      return "the server redirects (%d) to %s, which is not followed: give an address without redirection"
          .formatted(status, response.headers().firstValue("Location").orElse("nowhere"));
    }
    return "the server answers "
        + switch (status) {
          case 401, 403 -> status + " (not allowed): download it, and give the file";
          case 404, 410 -> status + " (not there): check the address";
          case 429, 503 -> status + " (too busy): try again later";
          default -> status + ": check the address";
        };
  }

  private InputException failed(URI address, Throwable failure) {
    if (failure instanceof HttpTimeoutException) {
      return tooLong(address, failure);
    }
    if (failure instanceof ConnectException) {
      return new InputException(
          "%s cannot be had: %s cannot be reached; check the address and the network"
              .formatted(address, address.getAuthority()),
          failure);
    }
    return new InputException(
        "%s cannot be had (%s): try again, or download it and give the file"
            .formatted(address, AtomicFile.reason(failure)),
        failure);
  }

  private InputException tooLong(URI address, Throwable failure) {
    return new InputException(
        "%s did not come within %s seconds: try again, or download it and give the file"
            .formatted(address, longest.toSeconds()),
        failure);
  }

  /** Collects a body, and breaks off if it gets too large. */
  private static final class Limited implements HttpResponse.BodySubscriber<byte[]> {
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final long most;
    private Flow.@Nullable Subscription subscription;

    Limited(long most) {
      this.most = most;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
      subscription = begun;
      begun.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> parts) {
      for (ByteBuffer part : parts) {
        if (bytes.size() + (long) part.remaining() > most) {
          if (subscription != null) {
            subscription.cancel();
          }
          onError(new IOException("it is larger than " + (most >> 20) + " MiB"));
          return;
        }
        byte[] copy = new byte[part.remaining()];
        part.get(copy);
        bytes.writeBytes(copy);
      }
    }

    @Override
    public void onError(Throwable failure) {
      boolean unused = body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      boolean unused = body.complete(bytes.toByteArray());
    }
  }
}
