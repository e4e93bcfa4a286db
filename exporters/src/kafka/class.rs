//! What an error of librdkafka or of a broker means for a record.
//!
//! Codes: the protocol's error codes (Apache Kafka, `Errors`), and librdkafka's own, which are
//! negative. librdkafka itself tries again what may be tried again, without doubling anything, so
//! what comes here is final for this producer.

use rdkafka::types::RDKafkaErrorCode as Code;

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Certainly not stored; may be later.
    Retry,
    /// Too large for the topic.
    TooLarge,
    /// Its time is outside what the topic allows.
    Time,
    /// This record, or another of its request, is not taken as it is.
    Refused,
    /// Another record of its request was refused.
    Neighbour,
    /// Nothing is taken before somebody changes something.
    Hold,
    /// Nobody knows.
    Ambiguous,
}

/// All codes that mean something certain. Any other is [`Class::Ambiguous`]: sending again under
/// the same id is always right.
const TABLE: &[(Code, Class)] = &[
    (Code::PurgeQueue, Class::Retry),
    (Code::QueueFull, Class::Retry),
    (Code::Resolve, Class::Retry),
    (Code::AllBrokersDown, Class::Retry),
    (Code::ISRInsufficient, Class::Retry),
    (Code::LeaderNotAvailable, Class::Retry),
    (Code::NotLeaderForPartition, Class::Retry),
    (Code::BrokerNotAvailable, Class::Retry),
    (Code::NotEnoughReplicas, Class::Retry),
    (Code::ThrottlingQuotaExceeded, Class::Retry),
    (Code::MessageSizeTooLarge, Class::TooLarge),
    (Code::InvalidMessageSize, Class::TooLarge),
    (Code::MessageBatchTooLarge, Class::TooLarge),
    (Code::InvalidTimestamp, Class::Time),
    (Code::BadMessage, Class::Refused),
    (Code::BadCompression, Class::Refused),
    (Code::InvalidMessage, Class::Refused),
    (Code::InvalidRecord, Class::Refused),
    (Code::PolicyViolation, Class::Refused),
    (Code::KeySerialization, Class::Refused),
    (Code::ValueSerialization, Class::Refused),
    (Code::InvalidDifferentRecord, Class::Neighbour),
    (Code::UnknownTopic, Class::Hold),
    (Code::UnknownPartition, Class::Hold),
    (Code::UnknownTopicOrPartition, Class::Hold),
    (Code::UnknownTopicId, Class::Hold),
    (Code::InvalidTopic, Class::Hold),
    (Code::TopicAuthorizationFailed, Class::Hold),
    (Code::ClusterAuthorizationFailed, Class::Hold),
    (Code::Authentication, Class::Hold),
    (Code::SaslAuthenticationFailed, Class::Hold),
    (Code::UnsupportedSASLMechanism, Class::Hold),
    (Code::IllegalSASLState, Class::Hold),
    (Code::SecurityDisabled, Class::Hold),
    (Code::SSL, Class::Hold),
    (Code::DelegationTokenNotFound, Class::Hold),
    (Code::DelegationTokenExpired, Class::Hold),
    (Code::UnsupportedVersion, Class::Hold),
    (Code::UnsupportedFeature, Class::Hold),
    (Code::UnsupportedForMessageFormat, Class::Hold),
    (Code::UnsupportedCompressionType, Class::Hold),
    (Code::InvalidRequiredAcks, Class::Hold),
    (Code::InvalidConfig, Class::Hold),
    (Code::PurgeInflight, Class::Ambiguous),
    (Code::MessageTimedOut, Class::Ambiguous),
    (Code::OperationTimedOut, Class::Ambiguous),
    (Code::TimedOutQueue, Class::Ambiguous),
    (Code::RequestTimedOut, Class::Ambiguous),
    (Code::BrokerTransportFailure, Class::Ambiguous),
    (Code::NetworkException, Class::Ambiguous),
    (Code::NotEnoughReplicasAfterAppend, Class::Ambiguous),
    (Code::KafkaStorageError, Class::Ambiguous),
    (Code::Fatal, Class::Ambiguous),
    (Code::GaplessGuarantee, Class::Ambiguous),
    (Code::OutOfOrderSequenceNumber, Class::Ambiguous),
    (Code::UnknownProducerId, Class::Ambiguous),
    (Code::InvalidProducerEpoch, Class::Ambiguous),
    (Code::InvalidProducerIdMapping, Class::Ambiguous),
];

/// What a code means.
pub(super) fn of(code: Code) -> Class {
    let found = TABLE.iter().find(|(known, _)| *known == code);
    found.map_or(Class::Ambiguous, |(_, class)| *class)
}

/// A code for people: its name and librdkafka's fixed words.
pub(super) fn told(code: Code) -> String {
    code.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: table 3.2 of the contract, row by row; what it does not name is sent again.
    #[test]
    fn codes_mean_what_the_contract_says() {
        for (code, class) in [
            (Code::QueueFull, Class::Retry),
            (Code::PurgeQueue, Class::Retry),
            (Code::NotEnoughReplicas, Class::Retry),
            (Code::MessageTimedOut, Class::Ambiguous),
            (Code::PurgeInflight, Class::Ambiguous),
            (Code::NotEnoughReplicasAfterAppend, Class::Ambiguous),
            (Code::MessageSizeTooLarge, Class::TooLarge),
            (Code::InvalidMessageSize, Class::TooLarge),
            (Code::InvalidRecord, Class::Refused),
            (Code::InvalidMessage, Class::Refused),
            (Code::PolicyViolation, Class::Refused),
            (Code::UnknownTopicOrPartition, Class::Hold),
            (Code::TopicAuthorizationFailed, Class::Hold),
            (Code::ClusterAuthorizationFailed, Class::Hold),
            (Code::SaslAuthenticationFailed, Class::Hold),
            (Code::OutOfOrderSequenceNumber, Class::Ambiguous),
            (Code::UnknownProducerId, Class::Ambiguous),
            (Code::InvalidProducerEpoch, Class::Ambiguous),
            (Code::Fatal, Class::Ambiguous),
            (Code::UnknownLeaderEpoch, Class::Ambiguous),
        ] {
            assert_eq!(of(code), class, "{code:?}");
        }
    }

    /// No code stands in the table twice.
    #[test]
    fn a_code_has_one_class() {
        for (index, (code, _)) in TABLE.iter().enumerate() {
            assert!(TABLE.iter().skip(index + 1).all(|(other, _)| other != code), "{code:?}");
        }
    }
}
