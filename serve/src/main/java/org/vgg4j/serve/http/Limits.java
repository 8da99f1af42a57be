package org.vgg4j.serve.http;

/**
 * What clients may take.
 *
 * @param maxBody bytes of a request's body
 * @param connections at a time; further ones wait to be accepted
 * @param headMilliseconds how long the head of a request may take, and a connection be idle
 * @param bodyMilliseconds how long a body may take
 * @param answerMilliseconds how long an answer may take, if the client sets no deadline
 */
public record Limits(
    int maxBody,
    int connections,
    long headMilliseconds,
    long bodyMilliseconds,
    long answerMilliseconds) {}
