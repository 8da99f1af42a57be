package org.vgg4j.serve.api;

/**
 * A picture as a client sent it.
 *
 * @param name what the client calls it, or a number
 * @param content an image file, not copied
 */
public record Upload(String name, byte[] content) {}
